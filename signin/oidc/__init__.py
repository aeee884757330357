"""Single sign-on: proves who somebody is at an OpenID provider, and finds the user for that."""
