"""What an operator looks through: each look bounded, each list stable while others write."""
