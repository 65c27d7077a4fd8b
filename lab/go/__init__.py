"""How the go command sees the world, and which Go there is: settings, credentials, toolchains."""
