"""What the flow needs from outside, as Protocols; adapters, the Slack room and fakes implement them."""
