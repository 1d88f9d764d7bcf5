#!/bin/sh
# Certificates for the tests of the probe alone, each self-signed with key.pem: NAME SUBJECT NAMES FROM TO. Run it in this folder.
set -e
cat > ca.conf <<'END'
[ca]
default_ca = own
[own]
database = index.txt
new_certs_dir = kept
default_md = sha256
policy = any
rand_serial = yes
unique_subject = no
copy_extensions = copy
[any]
commonName = supplied
END
mkdir kept
: > index.txt
make() {
  openssl req -new -key key.pem -subj "/CN=$2" -addext "subjectAltName=$3" -addext basicConstraints=critical,CA:TRUE -out request.pem
  openssl ca -config ca.conf -batch -selfsign -notext -keyfile key.pem -in request.pem -startdate "$4" -enddate "$5" -out "$1.pem"
}
local=DNS:localhost,IP:127.0.0.1
make good localhost "$local" 20200101000000Z 21200101000000Z
make other other.example DNS:other.example 20200101000000Z 21200101000000Z
make expired localhost "$local" 20200101000000Z 20210101000000Z
make later localhost "$local" 21190101000000Z 21200101000000Z
rm -r kept ca.conf index.txt* request.pem
