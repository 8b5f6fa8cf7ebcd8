using Partner.Bench.Load;
using Partner.Bench.Machine;
using Partner.Bench.Oracle;
using Partner.Demo;

namespace Partner.Bench;

/// <summary>A running system with connected tenants, a client that sends, and the oracle that watches.</summary>
internal sealed class Stage : IAsyncDisposable
{
    // The gateway hears of new ingest keys within this.
    private static readonly TimeSpan KeyTable = TimeSpan.FromSeconds(5);

    private readonly Door _door;

    private Stage(
        RunningSystem system,
        Shape shape,
        IReadOnlyList<ConnectedTenant> tenants,
        Door door,
        Ledger ledger,
        ArrivalFeed feed,
        Client client
    )
    {
        (System, Shape, Tenants, _door, Ledger, Feed, Client) = (system, shape, tenants, door, ledger, feed, client);
    }

    public RunningSystem System { get; }

    public Shape Shape { get; }

    public IReadOnlyList<ConnectedTenant> Tenants { get; }

    public Ledger Ledger { get; }

    public ArrivalFeed Feed { get; }

    public Client Client { get; }

    /// <param name="sandbox">Settings of the sandbox, before anybody connects.</param>
    /// <param name="appHost">Path of AppHost.dll; null: the one that was built with this.</param>
    public static async Task<Stage> SetAsync(
        Options options,
        int connections,
        bool direct = false,
        Func<int, DemoSite>? siteOf = null,
        Retries? retries = null,
        object? sandbox = null,
        string? appHost = null,
        params IEnumerable<KeyValuePair<string, string>> settings
    )
    {
        var shape = Shape.Find(options.Type)!;
        var system = await RunningSystem.StartAsync(appHost, settings);
        if (sandbox is not null)
        {
            await system.Sandbox.ChangeAsync(sandbox);
        }

        var tenants = await Machine.Tenants.ConnectAsync(
            system,
            options.Connections ?? connections,
            siteOf ?? (_ => DemoSite.All[0])
        );
        var ledger = new Ledger(shape.ItemsPerRequest, shape.Exact);
        for (var i = 0; i < tenants.Count; i++)
        {
            ledger.AddConnection(tenants[i].Org.Id, i);
        }

        var feed = await ArrivalFeed.StartAsync(system.Sandbox, ledger);
        var door = direct ? Door.Sender(system, shape) : Door.Gateway(system, shape);
        await Task.Delay(KeyTable);
        var generator = new Generator(shape, options.Seed, TimeProvider.System);
        return new Stage(
            system,
            shape,
            tenants,
            door,
            ledger,
            feed,
            new Client(door, generator, ledger, tenants, retries)
        );
    }

    /// <summary>The last look at what arrived, which the verdict has to wait for.</summary>
    public async Task<Verdict> JudgeAsync()
    {
        await Feed.DisposeAsync();
        return Ledger.Judge();
    }

    public async ValueTask DisposeAsync()
    {
        _door.Dispose();
        await System.DisposeAsync();
    }
}
