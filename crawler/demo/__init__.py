"""A small news site that ships with Kliping: four invented outlets, served on loopback.

`kliping demo` and `make demo` crawl it with the ordinary commands; tests crawl it and compare with
the truth.
Everything it says lies in `stories/`: one folder per outlet, `outlet.toml` for the outlet and
one TOML file per story. `templates/` dresses that up the way news themes do, with share bars,
"Baca juga" links, related posts and comment boxes around the text.

The stories, places and people are invented, and their dates are fixed: two runs serve equal
pages but for the ports in their links.
"""
