"""What the browser tests share: a server, a person who judges it from outside, and a browser."""
