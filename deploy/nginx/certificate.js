// What nginx says of client certificates: the Client-Cert field (RFC 9440), and problems (RFC 9457) of those refused.

const WORDS = {
  expired: ["Le certificat de client a expiré : téléchargez le nouveau",
            "The client certificate has expired: download the new one"],
  early: ["Le certificat de client n'est pas encore valide", "The client certificate is not valid yet"],
  revoked: ["Le certificat de client est révoqué", "The client certificate was revoked"],
  list: ["Aucune liste de révocation de l'autorité du certificat de client n'est en vigueur",
         "No revocation list of the client certificate's authority is in force"],
  authority: ["Le certificat de client est signé par une autorité qui n'est pas reconnue ici",
              "The client certificate was signed by an authority that is not believed here"],
  behind: ["Le service ne répond pas", "The service does not answer"],
};

const TITLES = {
  401: ["Authentification requise", "Authentication required"],
  502: ["Service indisponible", "Service unavailable"],
};

// A verified certificate as a structured field: its DER in base64 between colons; nothing without one.
function field(r) {
  if (r.variables.ssl_client_verify !== "SUCCESS") {
    return "";
  }
  const pem = r.variables.ssl_client_raw_cert;
  return ":" + pem.replace(/-----(BEGIN|END) CERTIFICATE-----/g, "").replace(/\s/g, "") + ":";
}

function reason(verify) {
  if (verify.includes("CRL")) {
    return "list"; // none for that authority, or one that has ended: nobody knows what is revoked
  }
  if (verify.includes("expired")) {
    return "expired";
  }
  if (verify.includes("not yet valid")) {
    return "early";
  }
  return verify.includes("revoked") ? "revoked" : "authority";
}

// The first language of the reader that is spoken here: French otherwise.
function english(r) {
  const tags = (r.headersIn["Accept-Language"] || "").split(",").map((part) => part.trim().toLowerCase().split(/[-;]/)[0]);
  return tags.filter((tag) => tag === "fr" || tag === "en")[0] === "en";
}

function problem(r, status, why, named) {
  const language = english(r) ? 1 : 0;
  const body = {
    type: "about:blank",
    title: TITLES[status][language],
    status: status,
    detail: WORDS[why][language],
    instance: r.variables.request_uri.split("?")[0],
  };
  if (named) {
    body.errors = [{ field: "Client-Cert", detail: body.detail }];
  }
  r.headersOut["Content-Type"] = "application/problem+json";
  r.headersOut["Content-Language"] = language ? "en" : "fr";
  r.headersOut["Cache-Control"] = "no-store";
  r.return(status, JSON.stringify(body));
}

function refuse(r) {
  problem(r, 401, reason(r.variables.ssl_client_verify || ""), true);
}

function behind(r) {
  problem(r, 502, "behind", false);
}

export default { field, refuse, behind };
