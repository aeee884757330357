"""Kill anything, anywhere, while runs go on: nothing is lost, nothing is sent twice."""
