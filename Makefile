.PHONY: run test soak lint types lock bench clean

run:
	@scripts/environment run
	@scripts/run

test:
	@scripts/environment test
	@scripts/test

soak:
	@scripts/environment test
	@scripts/soak

lint:
	@scripts/environment test
	@scripts/lint

types:
	@scripts/environment test
	@scripts/types

lock:
	@scripts/lock

bench:
	@scripts/environment bench
	@scripts/bench

clean:
	@scripts/clean
