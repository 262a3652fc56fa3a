"""Messages as both chats would draw them, in one page of HTML. Fetches nothing, sends nothing."""
