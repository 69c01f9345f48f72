# The recipes are the steps of .ci/run, which needs no just; `.ci/run -l` says what each is for.

# Lists the recipes.
default:
    @just --list --unsorted

# Every step, the fast ones first.
ci:
    .ci/run

# What to run before a commit.
check: format lint docs tests

# Formats what `format` checks.
fmt:
    cargo fmt --all
    cargo fmt --manifest-path fuzz/Cargo.toml

format:
    .ci/run format

lint:
    .ci/run lint

docs:
    .ci/run docs

traits:
    .ci/run traits

dialogue:
    .ci/run dialogue

tests:
    .ci/run tests

lab:
    .ci/run lab

browser:
    .ci/run browser

simd:
    .ci/run simd

vectors:
    .ci/run vectors

targets:
    .ci/run targets

dependencies:
    .ci/run dependencies

minimal:
    .ci/run minimal

oldest:
    .ci/run oldest

package:
    .ci/run package

benches:
    .ci/run benches

fuzz:
    .ci/run fuzz

interop:
    .ci/run interop
