using System.Text.Json;
using Partner.Testing;

namespace Partner.Deploy.Tests.Images;

/// <summary>The images of this checkout, made by <c>./dev images</c>, in podman's storage.</summary>
internal static class BuiltImages
{
    /// <summary>Redis and Postgres of Debian, in place of images from a registry.</summary>
    public const string Stores = "localhost/datadog-aspire/stores:test";

    /// <summary>They are called <c>localhost/datadog-aspire/NAME:dev</c>, as in the development overlay.</summary>
    public static async Task MakeAsync(Podman podman, params string[] names)
    {
        await Command.RunAsync("bash", [Repository.PathOf("eng/images"), "--local-base", .. names]);
        foreach (var image in await ReadAsync())
        {
            var id = await podman.RunAsync(
                "pull",
                "-q",
                $"oci:{Repository.PathOf("artifacts/images/oci")}:{image.Name}:{image.Tag}"
            );
            await podman.RunAsync("tag", id, $"localhost/{image.Name}:dev");
        }

        await MakeStoresAsync(podman);
    }

    /// <summary>What the last run of <c>./dev images</c> made.</summary>
    public static async Task<IReadOnlyList<BuiltImage>> ReadAsync() =>
        JsonSerializer.Deserialize<List<BuiltImage>>(
            await File.ReadAllTextAsync(Repository.PathOf("artifacts/images/images.json")),
            JsonSerializerOptions.Web
        )!;

    // As the images of Docker's library start Postgres: they make a new cluster where there is none.
    private const string PostgresEntry = """
        #!/bin/bash
        set -eu
        bin=$(echo /usr/lib/postgresql/*/bin)
        if [ ! -e "$PGDATA/PG_VERSION" ]; then
            mkdir -p "$PGDATA"
            "$bin/initdb" -U "$POSTGRES_USER" --pwfile=<(echo "$POSTGRES_PASSWORD") $POSTGRES_INITDB_ARGS
            echo "host all all all $POSTGRES_HOST_AUTH_METHOD" >>"$PGDATA/pg_hba.conf"
        fi
        exec "$bin/postgres" -c listen_addresses=* "$@"
        """;

    private static async Task MakeStoresAsync(Podman podman)
    {
        if ((await podman.TryAsync("image", "exists", Stores)).ExitCode == 0)
        {
            return;
        }

        var codename = File.ReadLines("/etc/os-release")
            .Single(line => line.StartsWith("VERSION_CODENAME=", StringComparison.Ordinal))
            .Split('=')[1];
        var folder = Directory.CreateDirectory(Repository.PathOf("artifacts/podman")).FullName;
        var (archive, entry) = (Path.Combine(folder, "stores.tar"), Path.Combine(folder, "entry-postgres"));
        await File.WriteAllTextAsync(entry, PostgresEntry);
        await Command.RunAsync(
            "mmdebstrap",
            [
                "--mode=root",
                "--variant=minbase",
                "--include=haproxy,postgresql,redis-server",
                // The number that it has in Docker's library, and its programs where those have them.
                "--customize-hook=chroot \"$1\" usermod --non-unique --uid 999 postgres",
                "--customize-hook=chroot \"$1\" sh -c 'ln -s /usr/lib/postgresql/*/bin/* /usr/local/bin/'",
                $"--customize-hook=install -m 755 {entry} \"$1/entry-postgres\"",
                codename,
                archive,
            ]
        );
        await podman.RunAsync("import", "-q", archive, Stores);
        File.Delete(archive);
    }
}

internal sealed record BuiltImage(
    string Name,
    string Tag,
    string Digest,
    long Base,
    long BaseUnpacked,
    long Own,
    long OwnUnpacked
);
