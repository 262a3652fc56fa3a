"""Any HTTP endpoint as a channel: signed JSON, as standardwebhooks.com specifies it."""
