"""From a matching article to what a channel is told, or why it is not. Pure: `now` is given."""
