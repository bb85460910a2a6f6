"use strict";
// A run that is answered from a cache has the time of another one.
exports.ran = new Date().toISOString();
// A program that does not keep its secrets.
exports.leaked = `key ${process.env.AWS_SECRET_ACCESS_KEY || "(none)"}`;
exports.encoded = Buffer.from(process.env.AWS_SECRET_ACCESS_KEY || "(none)").toString("base64");
