namespace Partner.Testing;

/// <summary>Point-in-time recovery, https://www.postgresql.org/docs/current/continuous-archiving.html.</summary>
public sealed partial class PostgresServer
{
    private IEnumerable<string> ArchiveSettings =>
        _archives
            ? ["-c", "archive_mode=on", "-c", $"archive_command=test ! -f {Archive}/%f && cp %p {Archive}/%f"]
            : [];

    private string Data => Path.Combine(_folder, "data");

    private string Archive => Path.Combine(_folder, "archive");

    private string Backup => Path.Combine(_folder, "backup");

    /// <summary>A base backup, while everything goes on.</summary>
    public Task BackUpAsync() =>
        RunAsPostgresAsync(
            $"{Bin}/pg_basebackup",
            "--host=127.0.0.1",
            $"--port={Port}",
            $"--username={Admin}",
            $"--pgdata={Backup}",
            "--checkpoint=fast"
        );

    /// <summary>As "pg_ctl stop --mode=fast": sessions are ended, and the archive gets the rest of the log.</summary>
    public Task StopAsync() => RunAsPostgresAsync($"{Bin}/pg_ctl", "stop", "--mode=fast", $"--pgdata={Data}");

    /// <summary>After <see cref="StopAsync"/>: the state of that moment, on the same port.</summary>
    /// <param name="moment">As text of Postgres, so that nothing of it is rounded.</param>
    public async Task RestoreAsync(string moment)
    {
        Directory.Move(Data, $"{Data}.damaged");
        Directory.Move(Backup, Data);
        await File.AppendAllTextAsync(
            Path.Combine(Data, "postgresql.auto.conf"),
            $"""

            restore_command = 'cp {Archive}/%f %p'
            recovery_target_time = '{moment}'
            recovery_target_action = 'promote'

            """
        );
        await RunAsPostgresAsync("touch", Path.Combine(Data, "recovery.signal"));
        await StartProcessAsync();
        await using var admin = OpenAdmin("postgres");
        await Until.AnsweredAsync(
            async () =>
            {
                await using var command = admin.CreateCommand("SELECT pg_is_in_recovery()");
                return (bool)(await command.ExecuteScalarAsync())!;
            },
            recovers => !recovers
        );
    }

    /// <summary>After <see cref="RestoreAsync"/>: the database as it was left, on a port of its own, to be read.</summary>
    /// <returns>The server, and its connection string for psql.</returns>
    public async Task<(IDisposable Server, string Address)> StartDamagedAsync()
    {
        var port = LocalProcess.FreePort();
        var (file, prefix) = AsPostgres();
        var server = LocalProcess.Start(
            file,
            [
                .. prefix,
                $"{Bin}/postgres",
                "-D",
                $"{Data}.damaged",
                "-p",
                $"{port}",
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                $"unix_socket_directories={_folder}",
            ]
        );
        await server.WaitForPortAsync(port);
        var address = AddressOf(port);
        await Until.TrueAsync(async () =>
        {
            try
            {
                await Command.RunAsync($"{Bin}/pg_isready", "--dbname", address);
                return true;
            }
            catch (InvalidOperationException)
            {
                return false;
            }
        });
        return (server, address);
    }

    /// <summary>For psql.</summary>
    public string Address => AddressOf(Port);

    private static string AddressOf(int port) => $"postgresql://{Admin}@127.0.0.1:{port}/datadog";

    private static Task RunAsPostgresAsync(string program, params IEnumerable<string> arguments)
    {
        var (file, prefix) = AsPostgres();
        return Command.RunAsync(file, [.. prefix, program, .. arguments]);
    }
}
