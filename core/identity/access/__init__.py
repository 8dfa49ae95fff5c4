"""How agents get in: passwords, second factors, known devices, invitations, single sign-on."""
