#!/usr/bin/env bash
# The MONAI Label test talks to a real PACS: bring Orthanc where the system lets us, say so where it does not.
set -u
present() { PATH="$PATH:/usr/sbin" command -v Orthanc >/dev/null && [ -e /usr/share/orthanc/plugins/libOrthancDicomWeb.so ]; }
present && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    # RUNLEVEL=1: the packages' service is not started; the tests start an Orthanc of their own on a port of its own.
    apt-get update -qq &&
        RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq orthanc orthanc-dicomweb >/dev/null && exit 0
fi
echo "orthanc and orthanc-dicomweb are not here: the DICOMweb test will be skipped (install them to run it)"
