"""What a process does when it plays some roles of several on one database, and not all of them."""
