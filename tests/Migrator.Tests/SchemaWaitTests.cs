using Npgsql;

namespace Partner.Migrator.Tests;

/// <summary>What a service waits for before it starts.</summary>
public sealed class SchemaWaitTests
{
    [Fact]
    public async Task ItWaitsForTheLastOfItsScriptsAndNotForLaterOnes()
    {
        using var bench = await Workbench.OpenAsync();
        bench.Script("waited", "001_table.sql", "CREATE TABLE t (n int);");
        await bench.MigrateAsync("waited");
        var old = Wait(bench, "waited");

        bench.Script("waited", "002_more.sql", "CREATE TABLE u (n int);");
        var waiting = Wait(bench, "waited").RunAsync(TestContext.Current.CancellationToken);
        while (!bench.Logged.Any(line => line.EndsWith("002_more.sql is not applied", StringComparison.Ordinal)))
        {
            Assert.False(waiting.IsCompleted);
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        await bench.MigrateAsync("waited");
        await waiting;
        await old.RunAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task AScriptThatWasAppliedWithOtherContentsEndsIt()
    {
        using var bench = await Workbench.OpenAsync();
        bench.Script("other", "001_table.sql", "CREATE TABLE t (n int);");
        await bench.MigrateAsync("other");
        bench.Script("other", "001_table.sql", "CREATE TABLE t (n bigint);");

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() =>
            Wait(bench, "other").RunAsync(TestContext.Current.CancellationToken)
        );
        Assert.StartsWith("other/001_table.sql was applied before", refused.Message, StringComparison.Ordinal);
    }

    private static SchemaWait Wait(Workbench bench, string schema)
    {
        var role = new NpgsqlConnectionStringBuilder(bench.AdminConnectionString)
        {
            Database = bench.Database,
            Username = schema,
            Password = $"pass'word of {schema}",
        };
        return new SchemaWait(role.ConnectionString, bench.Plan(schema).Schemas.Single(), bench);
    }
}
