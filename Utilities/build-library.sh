#!/usr/bin/env bash
# Builds the library in all processor variants and installs it into .build-install.
source "$(dirname "$0")/environment.sh"
need_system
build_library
ls -l "$LIBRARY_FOLDER"
