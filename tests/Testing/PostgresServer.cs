using Npgsql;

namespace Partner.Testing;

/// <summary>
/// A real Postgres with a data folder of its own. <see cref="SharedAsync"/> is one per test process, without fsync;
/// a test that claims durability starts its own with <c>durable: true</c>.
/// </summary>
public sealed partial class PostgresServer : IAsyncDisposable
{
    private const string Admin = "postgres";

    private static readonly Lazy<Task<PostgresServer>> Shared = new(() => StartAsync());

    private readonly string _folder;
    private readonly bool _durable;
    private readonly bool _archives;
    private LocalProcess? _process;

    private PostgresServer(string folder, int port, bool durable, bool archives)
    {
        (_folder, Port, _durable, _archives) = (folder, port, durable, archives);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Delete();
    }

    public int Port { get; }

    public string AdminConnectionString => $"Host=127.0.0.1;Port={Port};Username={Admin};Database=postgres";

    private static string Bin => Directory.GetDirectories("/usr/lib/postgresql").Order().Last() + "/bin";

    public static Task<PostgresServer> SharedAsync() => Shared.Value;

    internal static async ValueTask EndSharedAsync()
    {
        if (Shared is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
        {
            await (await Shared.Value).DisposeAsync();
        }
    }

    /// <param name="archives">Keeps its write-ahead log, for <see cref="RestoreAsync"/>.</param>
    public static async Task<PostgresServer> StartAsync(bool durable = false, bool archives = false)
    {
        var folder = Directory.CreateTempSubdirectory("partner-postgres-").FullName;
        var (file, prefix) = AsPostgres();
        if (Environment.IsPrivilegedProcess)
        {
            await Command.RunAsync("chown", "-R", "postgres:postgres", folder);
        }

        var data = Path.Combine(folder, "data");
        await Command.RunAsync(
            file,
            [.. prefix, $"{Bin}/initdb", "-D", data, "-U", Admin, "-A", "trust", "-E", "UTF8", "--no-sync"]
        );
        if (archives)
        {
            await Command.RunAsync(file, [.. prefix, "mkdir", Path.Combine(folder, "archive")]);
        }

        var server = new PostgresServer(folder, LocalProcess.FreePort(), durable, archives);
        await server.StartProcessAsync();
        return server;
    }

    /// <summary>As kill -9 of the postmaster; its children notice and end.</summary>
    public void Kill() => _process!.Kill();

    /// <summary>After <see cref="Kill"/>: starts again on the same data and port.</summary>
    public Task RestartAsync() => StartProcessAsync();

    /// <summary>A data source for the admin, for looking behind the scenes.</summary>
    public NpgsqlDataSource OpenAdmin(string database) =>
        NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(AdminConnectionString) { Database = database });

    public async ValueTask DisposeAsync()
    {
        _process?.Dispose();
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                Delete();
                return;
            }
            catch (IOException) when (attempt < 100)
            {
                // The postmaster's children are still writing.
                await Task.Delay(50);
            }
        }
    }

    private static (string File, string[] Prefix) AsPostgres() =>
        Environment.IsPrivilegedProcess
            ? ("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"])
            : ("env", []);

    private async Task StartProcessAsync()
    {
        var (file, prefix) = AsPostgres();
        string[] speed = _durable
            ? []
            : ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"];
        _process?.Dispose();
        for (var attempt = 0; ; attempt++)
        {
            _process = LocalProcess.Start(
                file,
                [
                    .. prefix,
                    $"{Bin}/postgres",
                    "-D",
                    Path.Combine(_folder, "data"),
                    "-p",
                    $"{Port}",
                    "-c",
                    "listen_addresses=127.0.0.1",
                    "-c",
                    $"unix_socket_directories={_folder}",
                    "-c",
                    _archives ? "max_connections=500" : "max_connections=200",
                    .. speed,
                    .. ArchiveSettings,
                ]
            );
            try
            {
                await _process.WaitForPortAsync(Port);
                await WaitUntilReadyAsync();
                return;
            }
            catch (InvalidOperationException) when (attempt < 20)
            {
                // After a kill the old server's children hold the shared memory for a moment.
                _process.Dispose();
                await Task.Delay(250);
            }
        }
    }

    private Task WaitUntilReadyAsync() =>
        Until.TrueAsync(async () =>
        {
            try
            {
                await using var connection = new NpgsqlConnection(AdminConnectionString + ";Pooling=false");
                await connection.OpenAsync();
                return true;
            }
            catch (NpgsqlException)
            {
                return false;
            }
        });

    private void Delete()
    {
        _process?.Kill();
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }
}
