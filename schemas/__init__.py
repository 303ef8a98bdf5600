"""What the words mean, in marshmallow."""
