using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Partner.Contracts;
using Partner.Sending.DeadLetters;
using Partner.Sending.Delivery;
using Partner.Sending.Lanes;
using Partner.Sending.Outbox;
using Partner.Testing;

namespace Partner.Sending.Tests;

/// <summary>
/// Several instances on one real store, driven step by step, and what must be true of it after each: every accepted item
/// is delivered, dead or a row, once; every row of an instance is known to its lane.
/// </summary>
internal sealed class OutboxModel(TestDatabase database) : IAsyncDisposable
{
    private const int MaxNodes = 3;
    private const int MaxRounds = 200;

    private readonly ManualTimeProvider _time = new();
    private readonly List<ConnectionId> _connections = [ConnectionId.New(), ConnectionId.New()];
    private readonly List<Node> _nodes = [];
    private readonly List<Node> _crashed = [];
    private readonly ConcurrentQueue<TaskCompletionSource<bool>> _held = [];
    private readonly ConcurrentQueue<string> _arrived = [];
    private readonly HashSet<string> _accepted = [];
    private Reply _reply = Reply.Taken;
    private int _items;

    private enum Reply
    {
        Taken,
        Unavailable,
        Lost,
        Held,

        /// <summary>Some items pass and some do not, so that a part of a segment remains.</summary>
        Partly,
    }

    /// <summary>What was done, for a failure's message.</summary>
    public List<string> Steps { get; } = [];

    public async Task ApplyAsync(byte what, byte which)
    {
        var node = await NodeAsync(which);
        switch (what % 12)
        {
            case 0 or 1 or 2:
                await AcceptAsync(node, _connections[which % 2], 1 + (which % 3), isBad: what % 12 == 2);
                break;
            case 3 or 4:
                Note($"deliver {node.Number}, {_reply}");
                await DeliverAsync(node);
                break;
            case 5:
                _reply = (Reply)(which % 5);
                break;
            case 6:
                Note($"settle {node.Number}");
                await node.Host.Get<Settler>().SettleOnceAsync(CancellationToken.None);
                break;
            case 7:
                Note($"crash {node.Number}");
                _nodes.Remove(node);
                _crashed.Add(node);
                await ExpireAsync(node);
                break;
            case 8:
                // As a process that is stopped for longer than its lease: it goes on as if nothing had happened.
                Note($"lease of {node.Number} runs out");
                await ExpireAsync(node);
                break;
            case 9:
                Note($"claim {node.Number}");
                await ClaimAsync(node);
                break;
            case 10:
                Note($"replay by {node.Number}");
                await ReplayAsync(node, _connections[which % 2]);
                break;
            default:
                Note("release, time goes by");
                await ReleaseAsync();
                await PassAsync();
                break;
        }

        await CheckAsync();
    }

    /// <summary>Everything answers again: what is accepted must come to an end.</summary>
    public async Task FinishAsync()
    {
        Note("finish");
        _reply = Reply.Taken;
        await NodeAsync(0);
        await ReleaseAsync();
        for (var i = 0; i < MaxRounds && await RowsAsync() > 0; i++)
        {
            foreach (var node in _nodes)
            {
                await ClaimAsync(node);
                await node.Host.Get<Replayer>().StepOnceAsync(CancellationToken.None);
                await DeliverAsync(node);
                await node.Host.Get<Settler>().SettleOnceAsync(CancellationToken.None);
            }

            await PassAsync();
            await CheckAsync();
        }

        Assert.Equal(0, await RowsAsync());
        var dead = await DeadAsync();
        Assert.All(dead, item => Assert.StartsWith("bad", item, StringComparison.Ordinal));
        Assert.Equal(_accepted.Order(), _arrived.Concat(dead).Distinct().Order());
        Assert.Equal(dead.Count, dead.Distinct().Count());
    }

    public async ValueTask DisposeAsync()
    {
        await ReleaseAsync();
        foreach (var node in _nodes.Concat(_crashed))
        {
            await node.Host.Get<Instance>().ReleaseAsync(CancellationToken.None);
            await node.Host.DisposeAsync();
        }
    }

    private async Task AcceptAsync(Node node, ConnectionId connection, int count, bool isBad)
    {
        var texts = Enumerable.Range(0, count).Select(i => $"{(isBad && i == 0 ? "bad" : "ok")}{_items++}").ToList();
        Note($"accept by {node.Number} of {_connections.IndexOf(connection)}: {string.Join(' ', texts)}");
        var items = new List<Item>();
        foreach (var text in texts)
        {
            items.Add(new Item(items.Sum(i => i.Length), text.Length, 0));
        }

        var body = new ParsedBody(Encoding.UTF8.GetBytes(string.Concat(texts)), items, "");
        var committer = node.Host.Get<GroupCommitter>();
        var appended = committer.AppendAsync(new Submission(connection, body, [], null));
        await committer.CommitOnceAsync(CancellationToken.None);
        Assert.Equal(AppendResult.Committed, await appended);
        _accepted.UnionWith(texts);
    }

    private async Task DeliverAsync(Node node)
    {
        node.Running.AddRange(node.Host.Get<Dispatcher>().Step());
        if (_reply != Reply.Held && _held.IsEmpty)
        {
            await Task.WhenAll(node.Running);
        }
        else
        {
            await Until.TrueAsync(() => node.Running.Count(t => !t.IsCompleted) <= _held.Count);
        }

        node.Running.RemoveAll(t => t.IsCompletedSuccessfully);
    }

    private static Task ClaimAsync(Node node) => node.Host.Get<OrphanClaimer>().TryLookAsync(CancellationToken.None);

    private async Task ReplayAsync(Node node, ConnectionId connection)
    {
        var request = new ReplayRequest(connection, new StartReplay(), "model", null);
        await node.Host.Get<ReplayStore>().CreateAsync(request, CancellationToken.None);
        await node.Host.Get<Replayer>().StepOnceAsync(CancellationToken.None);
    }

    private async Task ReleaseAsync()
    {
        while (_held.TryDequeue(out var held))
        {
            held.SetResult(true);
        }

        await Task.WhenAll(_nodes.Concat(_crashed).SelectMany(n => n.Running));
        _nodes.ForEach(n => n.Running.Clear());
    }

    /// <summary>Longer than any back-off, and each instance renews its lease or begins a new epoch.</summary>
    private async Task PassAsync()
    {
        _time.Advance(TimeSpan.FromSeconds(70));
        foreach (var node in _nodes)
        {
            await node.Host.Get<Instance>().TryLookAsync(CancellationToken.None);
        }
    }

    private Task ExpireAsync(Node node) =>
        database.ExecuteAsync(
            "UPDATE instances SET lease_until = now() - interval '1 second' WHERE epoch = $1 AND lease_until > '-infinity'",
            node.Host.Get<Instance>().Epoch
        );

    private async Task<Node> NodeAsync(byte which)
    {
        if (_nodes.Count == 0 || (which % 5 == 0 && _nodes.Count < MaxNodes))
        {
            var host = await SendingHost.StartAsync(
                database.ConnectionString,
                new FakeDatadog(_time) { Answer = AnswerAsync },
                _time,
                settings: new() { ["Outbox:ClaimDelay"] = "00:00:00" },
                start: false
            );
            await host.Get<Instance>().TryLookAsync(CancellationToken.None);
            _nodes.Add(new Node(_nodes.Count + _crashed.Count, host));
            Note($"start {_nodes[^1].Number}");
            return _nodes[^1];
        }

        return _nodes[which % _nodes.Count];
    }

    private async Task<HttpResponseMessage> AnswerAsync(Received received, CancellationToken cancellationToken)
    {
        if (_reply == Reply.Unavailable)
        {
            return await FakeDatadog.Status(HttpStatusCode.ServiceUnavailable);
        }

        if (received.Lines.Any(line => line.StartsWith("bad", StringComparison.Ordinal)))
        {
            return await FakeDatadog.Status(HttpStatusCode.BadRequest, "bad");
        }

        var reply = _reply;
        if (reply == Reply.Partly && received.Lines[0][^1] % 2 == 1)
        {
            return await FakeDatadog.Status(HttpStatusCode.ServiceUnavailable);
        }

        if (reply == Reply.Held)
        {
            var held = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            _held.Enqueue(held);
            await held.Task;
        }

        foreach (var line in received.Lines)
        {
            _arrived.Enqueue(line);
        }

        return reply == Reply.Lost
            ? throw new HttpRequestException(HttpRequestError.ResponseEnded, "lost")
            : await FakeDatadog.Accepted();
    }

    private async Task CheckAsync()
    {
        foreach (var connection in _connections)
        {
            var counts = await _nodes
                .Concat(_crashed)
                .First()
                .Host.Get<DeliveriesStore>()
                .CountAsync(connection, CancellationToken.None);
            Assert.Equal(
                (counts.Accepted, 0),
                (counts.Delivered + counts.DeadLetters + counts.Backlog.Items, counts.Quarantined)
            );
        }

        foreach (var node in _nodes)
        {
            var rows = await node
                .Host.Get<InstanceStore>()
                .ReadOwnAsync(node.Host.Get<Instance>().Epoch, 1_000, CancellationToken.None);
            var lanes = node.Host.Get<LaneScheduler>();
            Assert.DoesNotContain(rows, row => !lanes.Knows(ConnectionId.Parse(row.Connection), row.Id));
        }
    }

    private Task<long> RowsAsync() =>
        database.ScalarAsync<long>(
            "SELECT count(*) FROM segments WHERE connection = ANY ($1)",
            (object)_connections.ConvertAll(c => c.Text).ToArray()
        );

    private async Task<List<string>> DeadAsync()
    {
        await using var command = database.Source.CreateCommand(
            "SELECT convert_from(item, 'UTF8') FROM dead_letters WHERE connection = ANY ($1) AND replayed_at IS NULL"
        );
        command.Parameters.Add(new() { Value = _connections.ConvertAll(c => c.Text).ToArray() });
        await using var reader = await command.ExecuteReaderAsync();
        var items = new List<string>();
        while (await reader.ReadAsync())
        {
            items.Add(reader.GetString(0));
        }

        return items;
    }

    private void Note(string step) => Steps.Add(step);

    private sealed record Node(int Number, SendingHost Host)
    {
        public List<Task> Running { get; } = [];
    }
}
