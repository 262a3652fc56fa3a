"""What people can ask, one use case per verb. Knows no platform: a Caller comes in, a Reply
goes out, and a CommandError says what happened, why, and the next step."""
