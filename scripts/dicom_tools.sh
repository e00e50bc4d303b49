#!/usr/bin/env bash
# Reports are judged by programs that are not ours: bring dcmtk's dsrdump and dicom3tools' dciodvfy where the system lets us, say so where it does not.
set -u
command -v dsrdump >/dev/null && command -v dciodvfy >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq dcmtk dicom3tools >/dev/null && exit 0
fi
echo "dsrdump and dciodvfy are not here: the tests of written DICOM with them will be skipped (install dcmtk and dicom3tools to run them)"
