# Pulumi wants a passphrase for a stack without an account, and the Pulumi module passes it no variable. So where the
# program's dependencies are installed, the CLI of Pulumi's image gets an empty one. Elsewhere nothing is touched.
pulumi=/pulumi/bin/pulumi
[ -x "$pulumi" ] && [ ! -e "$pulumi.real" ] || exit 0
mv "$pulumi" "$pulumi.real"
cat >"$pulumi" <<END
#!/bin/sh
PULUMI_CONFIG_PASSPHRASE=\${PULUMI_CONFIG_PASSPHRASE-} exec $pulumi.real "\$@"
END
chmod 755 "$pulumi"
