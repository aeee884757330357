"""What commands of tokens read and print."""
