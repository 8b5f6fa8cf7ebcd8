using System.Globalization;
using System.Text;
using Aspire.Hosting.ApplicationModel;
using Npgsql;
using StackExchange.Redis;

namespace Partner.AppHost.Tests.Canary;

/// <summary>Where a secret could have ended up, and how each place is searched.</summary>
internal static class Places
{
    public const string Log = "log";
    public const string Telemetry = "telemetry";
    public const string Row = "database row";
    public const string File = "database file";
    public const string Cache = "Redis value";
    public const string Process = "process";
    public const string Address = "address";
    public const string Dashboard = "dashboard";
    public const string Orchestrator = "orchestrator";

    /// <summary>Of every replica of every resource, the lines that it has written so far.</summary>
    public static async Task<List<Finding>> InLogsAsync(
        Needles needles,
        ResourceLoggerService logs,
        IEnumerable<string> instances
    )
    {
        var findings = new List<Finding>();
        foreach (var instance in instances)
        {
            await foreach (var lines in logs.GetAllAsync(instance))
            {
                findings.AddRange(
                    from line in lines
                    from secret in needles.In(line.Content)
                    select new Finding(secret.Name, Log, instance)
                );
            }
        }

        return findings;
    }

    /// <summary>What Aspire's own programs keep on disk: the dashboard its database, the orchestrator the lines of all.</summary>
    /// <param name="place">Which of the two.</param>
    public static IEnumerable<Finding> InFolder(Needles needles, string place, DirectoryInfo folder) =>
        from file in folder.EnumerateFiles("*", SearchOption.AllDirectories)
        where file.Extension != ".sock"
        from secret in needles.InFile(file.FullName)
        select new Finding(secret.Name, place, Path.GetRelativePath(folder.FullName, file.FullName));

    public static IEnumerable<Finding> InTelemetry(Needles needles, TelemetryTap tap) =>
        from export in tap.Everything()
        from secret in needles.In(export.Bytes)
        select new Finding(secret.Name, Telemetry, export.Where);

    /// <summary>Every row of every table of every database, and what is running.</summary>
    public static async Task<List<Finding>> InRowsAsync(Needles needles, string connectionString)
    {
        var findings = new List<Finding>();
        foreach (
            var database in await ReadAsync(connectionString, "SELECT datname FROM pg_database WHERE datallowconn")
        )
        {
            var own = new NpgsqlConnectionStringBuilder(connectionString)
            {
                Database = database,
                Pooling = false,
            }.ConnectionString;
            var tables = await ReadAsync(
                own,
                """
                SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
                WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
                """
            );
            foreach (var table in tables.Append("pg_stat_activity"))
            {
                // A row as text shows bytea in hex, and JSON as it is.
                var rows = await ReadAsync(own, $"SELECT t::text FROM {table} AS t");
                findings.AddRange(rows.SelectMany(needles.In).Select(secret => new Finding(secret.Name, Row, table)));
            }
        }

        return findings;
    }

    /// <summary>Heap, indexes, write-ahead log and the server's own files; none where the server is out of sight.</summary>
    public static async Task<List<Finding>> InFilesAsync(Needles needles, string connectionString)
    {
        await ReadAsync(connectionString, "CHECKPOINT");
        var folder = (await ReadAsync(connectionString, "SHOW data_directory")).Single();
        return !Directory.Exists(folder)
            ? []
            :
            [
                .. from path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                where !Path.GetFileName(path).StartsWith(".s.PGSQL", StringComparison.Ordinal)
                from secret in needles.InFile(path)
                select new Finding(secret.Name, File, Path.GetRelativePath(folder, path)),
            ];
    }

    public static async Task<List<Finding>> InCacheAsync(Needles needles, string connectionString)
    {
        using var redis = await ConnectionMultiplexer.ConnectAsync(connectionString);
        var (server, database) = (redis.GetServer(redis.GetEndPoints()[0]), redis.GetDatabase());
        var findings = new List<Finding>();
        foreach (var key in server.Keys())
        {
            var text = new StringBuilder(key.ToString()).Append('\n');
            foreach (var value in await ValuesAsync(database, key))
            {
                text.Append(Encoding.Latin1.GetString((byte[]?)value ?? [])).Append('\n');
            }

            findings.AddRange(
                needles.In(text.ToString()).Select(secret => new Finding(secret.Name, Cache, key.ToString()))
            );
        }

        return findings;
    }

    /// <summary>Environment and command line of a process, without what it has to hold.</summary>
    public static IEnumerable<Finding> InProcess(Needles needles, string name, string pid) =>
        from file in new[] { "environ", "cmdline" }
        from secret in needles.InFile(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/{file}"))
        where file != "environ" || !secret.Holders.Contains(name)
        select new Finding(secret.Name, Process, $"{name} {file}");

    public static IEnumerable<Finding> InAddresses(Needles needles, IEnumerable<Uri> addresses) =>
        from address in addresses
        from secret in needles.In(address.OriginalString)
        select new Finding(secret.Name, Address, address.AbsolutePath);

    private static async Task<RedisValue[]> ValuesAsync(IDatabase database, RedisKey key) =>
        await database.KeyTypeAsync(key) switch
        {
            RedisType.String => [await database.StringGetAsync(key)],
            RedisType.Hash =>
            [
                .. (await database.HashGetAllAsync(key)).SelectMany(entry => new[] { entry.Name, entry.Value }),
            ],
            RedisType.List => await database.ListRangeAsync(key),
            RedisType.Set => await database.SetMembersAsync(key),
            RedisType.SortedSet => await database.SortedSetRangeByRankAsync(key),
            var other => throw new NotSupportedException($"{other} is not searched."),
        };

    private static async Task<List<string>> ReadAsync(string connectionString, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await reader.ReadAsync())
        {
            rows.Add(reader.IsDBNull(0) ? "" : reader.GetString(0));
        }

        return rows;
    }
}
