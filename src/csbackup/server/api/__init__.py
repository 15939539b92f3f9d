"""HTTP: parse, ask a service, render. Nothing is decided here."""
