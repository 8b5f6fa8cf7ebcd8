using Microsoft.Extensions.Configuration;

namespace Partner.AppHost;

/// <summary>
/// The machine's newest Postgres on a data folder of this run, with fsync, as durable as a server of production.
/// </summary>
/// <param name="programs">The folder that has initdb and postgres.</param>
internal sealed class LocalPostgres(string name, ParameterResource password, string folder, string programs)
    : ExecutableResource(name, "/bin/sh", Path.GetTempPath()),
        IResourceWithConnectionString
{
    public const string EndpointName = "tcp";

    private const string Admin = "postgres";

    private Task? _initialised;

    /// <summary>
    /// Three things stand between the orchestrator and Postgres. SIGTERM would make it wait for its clients until the
    /// orchestrator kills it: it gets SIGINT, which ends it at once and in order. kill -9 of the shell has to be a kill of
    /// Postgres: setpriv sees to that. And right after a kill the old server's children still hold the folder, hence the
    /// tries.
    /// </summary>
    public const string Wrapper = """
        run=
        if [ "$(id -u)" -eq 0 ]; then as='--reuid=postgres --regid=postgres --clear-groups'; else as=; fi
        trap '[ -z "$run" ] || kill -INT "$run"' TERM INT
        try=0
        while :; do
            setpriv --pdeathsig KILL $as -- "$POSTGRES_BIN/postgres" -D "$POSTGRES_DATA" \
                -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=500 \
                -c fsync=on -c synchronous_commit=on -c full_page_writes=on &
            run=$!
            wait "$run"
            code=$?
            # A trapped signal ends the first wait; the second one tells how Postgres ended.
            while kill -0 "$run" 2>/dev/null; do wait "$run"; code=$?; done
            try=$((try + 1))
            [ "$code" -eq 1 ] && [ "$try" -lt 40 ] || exit "$code"
            sleep 0.25
        done
        """;

    public string Folder => folder;

    public string Programs => programs;

    public EndpointReference Endpoint => new(this, EndpointName);

    public ReferenceExpression ConnectionStringExpression =>
        ReferenceExpression.Create(
            $"Host={Endpoint.Property(EndpointProperty.IPV4Host)};Port={Endpoint.Property(EndpointProperty.Port)};Username={Admin};Password={password}"
        );

    /// <summary>The folder of the newest installed server.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public static string FindPrograms(IConfiguration configuration) =>
        (configuration["PATH"] ?? "")
            .Split(Path.PathSeparator)
            .Concat(
                Directory.Exists("/usr/lib/postgresql")
                    ? Directory
                        .GetDirectories("/usr/lib/postgresql")
                        .OrderByDescending(version =>
                            int.TryParse(Path.GetFileName(version), out var number) ? number : 0
                        )
                        .Select(version => Path.Combine(version, "bin"))
                    : []
            )
            .FirstOrDefault(bin =>
                File.Exists(Path.Combine(bin, "postgres")) && File.Exists(Path.Combine(bin, "initdb"))
            )
        ?? throw new InvalidOperationException(
            "No container engine runs here, and no Postgres is installed. ./dev setup installs one on Debian and Ubuntu; "
                + "or set ConnectionStrings__postgres to a server of your own."
        );

    /// <summary>
    /// Once in a run, for the first caller: a failed attempt is not repeated on a folder that is half made.
    /// </summary>
    public Task InitialiseAsync(CancellationToken cancellation) => _initialised ??= RunInitdbAsync(cancellation);

    private async Task RunInitdbAsync(CancellationToken cancellation)
    {
        var passwordFile = $"{folder}.password";
        await LocalServers.WriteSecretAsync(
            passwordFile,
            $"{await password.GetValueAsync(cancellation)}",
            cancellation
        );
        Directory.CreateDirectory(folder);
        string[] initdb =
        [
            Path.Combine(programs, "initdb"),
            "-D",
            folder,
            "-U",
            Admin,
            "-A",
            "scram-sha-256",
            "--pwfile",
            passwordFile,
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
        ];
        if (Environment.IsPrivilegedProcess)
        {
            // Postgres refuses to run as root.
            await LocalServers.RunAsync("chown", ["postgres:postgres", folder, passwordFile], cancellation);
            initdb = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--", .. initdb];
        }

        await LocalServers.RunAsync(initdb[0], initdb[1..], cancellation);
        File.Delete(passwordFile);
    }
}
