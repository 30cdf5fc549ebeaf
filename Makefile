# Two commands set everything up: `make demo` and `make test`. The rest is for those who change the house.

.PHONY: demo test bench chaos looks

# A city of 10,000 with its certificate machine, in the browser. PORT, RESIDENTS and DATA may be given.
demo:
	@scripts/setup demo
	@scripts/demo

# Every test: crates on SQLite and PostgreSQL, doc tests, browser stories.
test:
	@scripts/setup test
	@cargo xtask test

# Measures against peers in the same run and prints ours, peer, ratio, goal. `make bench NAME=store` for one.
bench:
	@scripts/setup test
	@cargo xtask bench $(NAME)

# The long fault runs: kill -9, races, fuzz, in full counts. Takes hours.
chaos:
	@scripts/setup chaos
	@cargo xtask chaos

# Pictures and accessibility of every page, in every language and size, into target/looks.
looks:
	@scripts/setup test
	@cargo xtask looks
