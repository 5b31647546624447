"""Tests of `promptctl ci`, the GitHub action, the GitLab template and the pre-commit hooks."""
