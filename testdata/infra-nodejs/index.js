"use strict";
const pulumi = require("@pulumi/pulumi");

class Bucket extends pulumi.CustomResource {
  constructor(name, args, opts) {
    super("demo:storage:Bucket", name, { ...args, address: undefined }, opts);
  }
}

class Database extends pulumi.CustomResource {
  constructor(name, args, opts) {
    super("demo:data:Database", name, { ...args, endpoint: undefined }, opts);
  }
}

const password = new pulumi.Config().requireSecret("password");

const assets = new Bucket("assets", {
  name: "assets",
  region: "eu-west-1",
  versioned: true,
  tags: { team: "web", stage: "production" },
  rules: [{ prefix: "logs/", days: 90 }],
});

const orders = new Database(
  "orders",
  { engine: "postgres", release: "17.1", size: 50, password },
  { dependsOn: assets },
);

const sessions = new Database(
  "sessions",
  { engine: "redis", size: 5, password },
  { dependsOn: orders },
);

exports.assets = assets.address;
exports.sessions = sessions.endpoint;
