using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;
using Npgsql;

namespace Aspire.Hosting.Postgres;

internal static class PostgresServer
{
    private const int MaximumConnections = 300;

    // After a SIGKILL the old server's children hold its shared memory until they notice.
    private const int RestartAttempts = 40;

    public static async Task<LaunchPlan> PrepareAsync(PostgresServerResource server, LaunchContext context)
    {
        var user = ServerUser.ForThisProcess();
        var data = context.DataDirectory;
        if (!File.Exists(Path.Combine(data, "PG_VERSION")))
        {
            await InitializeAsync(server, user, context);
        }

        var port = await server.Port.GetValueAsync(context.CancellationToken);
        string[] arguments =
        [
            "-D", data, "-p", port!, "-k", data,
            "-c", "listen_addresses=localhost",
            "-c", $"max_connections={MaximumConnections}",
            "-c", "fsync=on", "-c", "synchronous_commit=on", "-c", "full_page_writes=on",
        ];
        return user.Run(ServerProgram("postgres"), arguments, data) with
        {
            StopSignal = Runtime.Signals.Interrupt,
            EarlyExitRetries = RestartAttempts,
        };
    }

    public static async Task<bool> CheckAsync(PostgresServerResource server, CancellationToken cancellationToken)
    {
        try
        {
            var connectionString = await server.ConnectionStringExpression.GetValueAsync(cancellationToken);
            await using var connection = new NpgsqlConnection($"{connectionString};Database=postgres;Pooling=false;Timeout=5");
            await connection.OpenAsync(cancellationToken);
            await using var command = new NpgsqlCommand("SELECT 1", connection);
            await command.ExecuteScalarAsync(cancellationToken);
            return true;
        }
        catch (Exception e) when (e is NpgsqlException or SocketException or TimeoutException)
        {
            return false;
        }
    }

    private static async Task InitializeAsync(PostgresServerResource server, ServerUser user, LaunchContext context)
    {
        var data = context.DataDirectory;
        var passwordFile = $"{data}.password";
        if (Directory.Exists(data))
        {
            // A first start that was broken off.
            Directory.Delete(data, recursive: true);
        }

        Directory.CreateDirectory(data);
        var password = await server.PasswordParameter.GetValueAsync(context.CancellationToken);
        await Runtime.SecretFile.WriteAsync(passwordFile, password!, context.CancellationToken);
        user.Own(data);
        user.Own(passwordFile);
        var superuser = await server.UserNameReference.GetValueAsync(context.CancellationToken);
        var exitCode = await context.RunAsync(
            user.Run(
                ServerProgram("initdb"),
                ["-D", data, "-U", superuser!, $"--pwfile={passwordFile}", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"],
                "/"),
            context.CancellationToken);
        File.Delete(passwordFile);
        if (exitCode != 0)
        {
            throw new DistributedApplicationException($"initdb has failed with exit code {exitCode}; see the resource's log.");
        }
    }

    /// <summary>Debian keeps the server's programs off the PATH; the newest version counts.</summary>
    private static string ServerProgram(string name)
    {
        const string DebianRoot = "/usr/lib/postgresql";
        var installed = Directory.Exists(DebianRoot)
            ? Directory.GetDirectories(DebianRoot)
                .OrderByDescending(d => int.TryParse(Path.GetFileName(d), out var version) ? version : 0)
                .Select(d => Path.Combine(d, "bin", name))
                .FirstOrDefault(File.Exists)
            : null;
        return installed ?? Runtime.ChildProcess.Find(name);
    }
}
