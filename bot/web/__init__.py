"""What is asked over HTTP: how the installation is."""
