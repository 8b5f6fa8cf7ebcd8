using System.Security.Cryptography;
using Partner.Bench.Load;
using Partner.Bench.Machine;

namespace Partner.Bench.Scenarios;

/// <summary>
/// From the build of an older commit to this one, back, and there again, with load all the time. As a rollout does it:
/// the Migrator of the version that comes, to its end, while the version that goes serves on the schema that it makes;
/// then one replica after the other.
/// </summary>
internal static class Upgrade
{
    private static readonly Dictionary<string, string> Schemas = new()
    {
        ["vault"] = "vault",
        ["auth"] = "auth",
        ["logs"] = "sending",
        ["metrics"] = "sending",
        ["checks"] = "sending",
        ["events"] = "sending",
        ["traces"] = "sending",
        ["incidents"] = "incidents",
    };

    public static async Task<Report> RunAsync(Options options, string commit)
    {
        var versions = await TwoVersions.MakeAsync(commit);
        versions.Use(versions.Old);
        var retries = new Retries();
        var password = RandomNumberGenerator.GetHexString(40, lowercase: true);
        await using var stage = await Replicas.SetAsync(
            options,
            retries,
            versions.AppHost,
            new KeyValuePair<string, string>("Parameters__postgres-password", password)
        );
        await using var life = await TenantLife.StartAsync(stage);
        var keyed = await KeyedEvents.StartAsync(stage);
        var (phase, rate) = (new Phase("upgrade"), options.Rate ?? 1_000);
        using var end = new CancellationTokenSource();
        var load = OpenLoop.RunAsync(stage.Client, rate / stage.Shape.ItemsPerRequest, phase, end.Token);
        var report = new Report(options)
        {
            ["from"] = commit,
            ["new_scripts"] = versions.NewScripts(),
            ["replicas"] = Replicas.Each,
            ["offered_items_per_second"] = rate,
        };

        Check(versions.Old);
        await SeeAsync("old", StayAsync);
        await SeeAsync("old_on_new_schema", () => MigrateAsync(versions.New), StayAsync);
        await SeeAsync("upgrade", () => RollAsync(versions.New));
        await SeeAsync("new", StayAsync);
        await SeeAsync("rollback", () => MigrateAsync(versions.Old), () => RollAsync(versions.Old));
        await SeeAsync("old_again", StayAsync);
        await SeeAsync("upgrade_again", () => MigrateAsync(versions.New), () => RollAsync(versions.New));
        await SeeAsync("new_again", StayAsync);

        await end.CancelAsync();
        await load;
        var events = await keyed.SettleAsync();
        report["keyed"] = events;
        report.IsGood &= events.IsGood;
        return await Replicas.JudgeAsync(stage, life, phase, report);

        async Task SeeAsync(string name, params Func<Task>[] steps)
        {
            Console.Error.WriteLine(name);
            var lived = await life.RunAsync(async () =>
            {
                foreach (var step in steps)
                {
                    await step();
                }

                await keyed.TurnAsync();
            });
            var sent = retries.Take();
            report[name] = new { Sent = sent, Life = lived };
            // Nothing died, so nothing has a reason to be unmended, or to renew twice.
            report.IsGood &= sent.Never == 0 && lived is { Never: 0, RepeatedRefreshes: 0, Broken.Count: 0 };
        }

        Task StayAsync() => Task.Delay(options.Duration(20));

        Task MigrateAsync(string build) => TwoVersions.MigrateAsync(build, stage.System, Schemas, password);

        async Task RollAsync(string build)
        {
            versions.Use(build);
            await Replicas.RollAsync(stage);
            Check(build);
        }

        void Check(string build)
        {
            var others = Replicas
                .Services.Where(s => !stage.System.Processes.Replicas(s).All(r => TwoVersions.IsOf(build, r)))
                .ToList();
            if (others.Count > 0)
            {
                throw new InvalidOperationException($"Of another build: {string.Join(", ", others)}.");
            }
        }
    }
}
