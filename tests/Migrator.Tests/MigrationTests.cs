using Npgsql;

namespace Partner.Migrator.Tests;

public sealed class MigrationTests
{
    [Fact]
    public async Task ScriptsAreAppliedOnceAndInOrder()
    {
        using var bench = await Workbench.OpenAsync();
        bench
            .Script("once", "001_table.sql", "CREATE TABLE runs (n int);")
            .Script("once", "002_row.sql", "INSERT INTO runs VALUES (1);");

        await bench.MigrateAsync("once");
        Assert.Equal(
            [$"Created database {bench.Database}", "Applied once/001_table.sql", "Applied once/002_row.sql"],
            bench.Logged
        );
        bench.Logged.Clear();

        await bench.MigrateAsync("once");
        Assert.Equal([RoleThere("once")], bench.Logged);
        bench.Logged.Clear();
        Assert.Equal(1, await bench.AsAsync<long>("once", "SELECT count(*) FROM runs"));

        bench.Script("once", "003_more.sql", "INSERT INTO runs VALUES (2);");
        await bench.MigrateAsync("once");
        Assert.Equal([RoleThere("once"), "Applied once/003_more.sql"], bench.Logged);
        Assert.Equal(2, await bench.AsAsync<long>("once", "SELECT count(*) FROM runs"));
    }

    [Fact]
    public async Task AScriptThatWasChangedIsRefusedAndNothingAfterItRuns()
    {
        using var bench = await Workbench.OpenAsync();
        bench.Script("changed", "001_table.sql", "CREATE TABLE t (n int);");
        await bench.MigrateAsync("changed");
        bench
            .Script("changed", "001_table.sql", "CREATE TABLE t (n bigint);")
            .Script("changed", "002_next.sql", "CREATE TABLE next (n int);");

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => bench.MigrateAsync("changed"));
        Assert.Equal(
            "changed/001_table.sql was applied before with other contents; write a new script instead.",
            refused.Message
        );
        Assert.False(await bench.AsAdminAsync<bool>("SELECT to_regclass('changed.next') IS NOT NULL"));
    }

    [Fact]
    public async Task AScriptThatFailsLeavesNothingAndIsRepeated()
    {
        using var bench = await Workbench.OpenAsync();
        bench.Script("broken", "001_half.sql", "CREATE TABLE half (n int); SELECT 1/0;");
        await Assert.ThrowsAsync<PostgresException>(() => bench.MigrateAsync("broken"));
        Assert.False(await bench.AsAdminAsync<bool>("SELECT to_regclass('broken.half') IS NOT NULL"));

        bench.Script("broken", "001_half.sql", "CREATE TABLE half (n int);");
        await bench.MigrateAsync("broken");
        Assert.True(await bench.AsAdminAsync<bool>("SELECT to_regclass('broken.half') IS NOT NULL"));
    }

    [Fact]
    public async Task MigratorsAtOnceTakeTurns()
    {
        using var bench = await Workbench.OpenAsync();
        bench
            .Script("turns", "001_table.sql", "CREATE TABLE runs (n int); INSERT INTO runs VALUES (1);")
            .Script("turns_too", "001_table.sql", "CREATE TABLE runs (n int); INSERT INTO runs VALUES (1);");

        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => bench.MigrateAsync("turns", "turns_too")));

        Assert.Equal(1, await bench.AsAsync<long>("turns", "SELECT count(*) FROM runs"));
        Assert.Equal(3, bench.Logged.Count(l => !l.StartsWith("Role ", StringComparison.Ordinal)));
        Assert.Equal(5, bench.Logged.Count(l => l == RoleThere("turns")));
        Assert.Equal(5, bench.Logged.Count(l => l == RoleThere("turns_too")));
    }

    // Said by whoever finds the role, as another system on the same server may have made it.
    private static string RoleThere(string role) =>
        $"Role {role} is there already: its password is set to this run's. Whoever else uses it with another is locked out";

    [Fact]
    [Trait("security", "43")]
    public async Task ARoleSeesItsOwnSchemaOnly()
    {
        using var bench = await Workbench.OpenAsync();
        const string Table =
            "CREATE TABLE things (n bigserial PRIMARY KEY, t text); INSERT INTO things (t) VALUES ('x');";
        bench.Script("mine", "001_things.sql", Table).Script("theirs", "001_things.sql", Table);
        await bench.MigrateAsync("mine", "theirs");

        Assert.Equal("mine", await bench.AsAsync<string>("mine", "SELECT current_schema()"));
        Assert.Equal(2, await bench.AsAsync<long>("mine", "INSERT INTO things (t) VALUES ('y') RETURNING n"));
        foreach (
            var sql in new[]
            {
                "SELECT count(*) FROM theirs.things",
                "INSERT INTO theirs.things (t) VALUES ('z') RETURNING n",
                "SELECT nextval('theirs.things_n_seq')",
                "DROP TABLE things",
                "ALTER TABLE things ADD COLUMN u text",
                "CREATE TABLE mine.more (n int)",
                "CREATE TABLE public.more (n int)",
                "CREATE TEMP TABLE more (n int)",
                "CREATE SCHEMA another",
                "CREATE ROLE another",
                "SET ROLE theirs",
                "DELETE FROM schema_versions",
                "SELECT pg_read_file('/etc/passwd')",
            }
        )
        {
            var refused = await Assert.ThrowsAsync<PostgresException>(() => bench.AsAsync<object>("mine", sql));
            Assert.Equal((PostgresErrorCodes.InsufficientPrivilege, sql), (refused.SqlState, sql));
        }
    }

    [Fact]
    [Trait("security", "43")]
    public async Task ARoleIsNeitherSuperuserNorOwner()
    {
        using var bench = await Workbench.OpenAsync();
        bench.Script("plain", "001_things.sql", "CREATE TABLE things (n int);");
        await bench.MigrateAsync("plain");

        Assert.Equal(
            "f f f f f t",
            await bench.AsAdminAsync<string>(
                """
                SELECT concat_ws(' ', rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls, rolcanlogin)
                FROM pg_roles WHERE rolname = 'plain'
                """
            )
        );
        Assert.Equal(
            0,
            await bench.AsAdminAsync<long>(
                """
                SELECT (SELECT count(*) FROM pg_class WHERE relowner = 'plain'::regrole)
                    + (SELECT count(*) FROM pg_namespace WHERE nspowner = 'plain'::regrole)
                    + (SELECT count(*) FROM pg_database WHERE datdba = 'plain'::regrole)
                """
            )
        );
    }

    [Fact]
    [Trait("security", "29")]
    public async Task PasswordsAreInNoLogAndNoException()
    {
        using var bench = await Workbench.OpenAsync();
        bench.Script("quiet", "001_bad.sql", "SELECT * FROM nowhere;");
        var plan = bench.Plan("quiet");
        var failure = await Assert.ThrowsAsync<PostgresException>(() =>
            new Migration(plan, bench).RunAsync(CancellationToken.None)
        );

        Assert.DoesNotContain("pass'word", failure.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("pass'word", string.Join('\n', bench.Logged), StringComparison.Ordinal);
        var printed = $"{plan with { AdminConnectionString = "Password=pass'word" }}{plan.Schemas[0]}";
        Assert.Equal($"{bench.Database}quiet", printed);
    }
}
