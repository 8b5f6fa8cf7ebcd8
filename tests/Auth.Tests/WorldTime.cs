using Npgsql;
using Partner.Auth.Tokens;

namespace Partner.Auth.Tests;

/// <summary>The time of a world, its databases' too.</summary>
public sealed partial class World
{
    private NpgsqlDataSource? _databaseAdmin;

    internal WorldClock Clock { get; } = new();

    /// <summary>Time passes for everything but the timers that run: hosts, database and Datadog.</summary>
    internal async Task PassAsync(TimeSpan time)
    {
        await SkipInDatabaseAsync(time);
        Clock.Skip(time);
    }

    /// <summary>From here on time passes by skips alone, so that a second of it holds what belongs into it.</summary>
    internal Task FreezeAsync() => TestClockAsync("UPDATE auth.test_clock SET frozen = $1", Clock.Freeze());

    internal Task ThawAsync()
    {
        Clock.Thaw();
        return TestClockAsync("UPDATE auth.test_clock SET frozen = $1::timestamptz", DBNull.Value);
    }

    /// <summary>Time passes for leases and tokens alone: what runs in processes of its own has the real time.</summary>
    internal async Task PassInDatabaseAsync(TimeSpan time)
    {
        await SkipInDatabaseAsync(time);
        await Auth.Get<DatabaseClock>().MeasureAsync(CancellationToken.None);
    }

    private Task SkipInDatabaseAsync(TimeSpan time) =>
        TestClockAsync("UPDATE auth.test_clock SET skipped = skipped + $1", time);

    private async Task TestClockAsync(string sql, object value)
    {
        _databaseAdmin ??= Database.Server.OpenAdmin(Database.Name);
        await using var command = _databaseAdmin.CreateCommand(sql);
        command.Parameters.Add(new() { Value = value });
        await command.ExecuteNonQueryAsync();
    }

    private async Task ShadowClockAsync()
    {
        await using var admin = Database.Server.OpenAdmin(Database.Name);
        await using var command = admin.CreateCommand(
            """
            CREATE TABLE auth.test_clock (skipped interval NOT NULL, frozen timestamptz);
            INSERT INTO auth.test_clock VALUES ('0');
            GRANT SELECT ON auth.test_clock TO auth;
            CREATE FUNCTION auth.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
                AS 'SELECT coalesce(frozen, pg_catalog.clock_timestamp()) + skipped FROM auth.test_clock';
            """
        );
        await command.ExecuteNonQueryAsync();
    }

    private ValueTask DisposeTimeAsync() => _databaseAdmin?.DisposeAsync() ?? ValueTask.CompletedTask;
}
