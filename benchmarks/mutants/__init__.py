"""How strong the tests are: changes of the code that they should notice."""
