// An authority, and a certificate that it has signed for localhost and 127.0.0.1.

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

/** Makes them in the folder. Returns the paths. */
export function makeCertificates(folder) {
    const path = (name) => join(folder, name);
    const openssl = (...args) => execFileSync("openssl", args, { stdio: "pipe" });
    const authority = (name) =>
        openssl("req", "-x509", ...newKey, "-keyout", path(`${name}.key`), "-out", path(`${name}.pem`), "-subj", `/CN=${name}`, "-days", "2");
    authority("authority");
    authority("stranger");
    writeFileSync(path("server.ext"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
    openssl("req", ...newKey, "-keyout", path("server.key"), "-out", path("server.csr"), "-subj", "/CN=localhost");
    openssl("x509", "-req", "-in", path("server.csr"), "-CA", path("authority.pem"), "-CAkey", path("authority.key"), "-CAcreateserial",
        "-out", path("server.pem"), "-days", "2", "-extfile", path("server.ext"));
    return { certificate: path("server.pem"), key: path("server.key"), authority: path("authority.pem"), stranger: path("stranger.pem") };
}
