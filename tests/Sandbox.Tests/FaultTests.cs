using Partner.Sandbox.Traffic;

namespace Partner.Sandbox.Tests;

/// <summary>Faults that spoil an answer, seen byte by byte.</summary>
public sealed class FaultTests
{
    private const int Limit = 30_000;
    private const string Log = """[{"message":"one"}]""";
    private const string Answer =
        """{"errors":[{"status":"401","title":"Unauthorized","detail":"API key is missing"}]}""";

    [Fact(Timeout = Limit)]
    public async Task ATruncatedBodyIsShorterThanItSays()
    {
        await using var world = await World.StartAsync();
        world.State.Faults.Add(new Fault { Action = FaultAction.Truncated, Count = 1 });

        using var response = await AskAsync(world);
        var (body, ended) = await ReadAsync(response);

        Assert.Equal((401, Answer.Length), ((int)response.StatusCode, response.Content.Headers.ContentLength));
        Assert.Equal((Answer[..(Answer.Length / 2)], false), (body, ended));
        Assert.Equal(Answer, (await world.LogsAsync("US1", null, Log)).Body);
    }

    [Fact(Timeout = Limit)]
    public async Task WhatIsTruncatedHasArrived()
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US1");
        world.State.Faults.Add(new Fault { Action = FaultAction.Truncated, Count = 1 });

        await Assert.ThrowsAsync<HttpRequestException>(() => world.LogsAsync("US1", key, Log));

        Assert.Equal(1, world.State.Arrivals.Count);
    }

    [Fact(Timeout = Limit)]
    public async Task ASlowDripComesToItsEnd()
    {
        await using var world = await World.StartAsync();
        world.State.Faults.Add(
            new Fault
            {
                Action = FaultAction.Drip,
                DelayMs = 1,
                Count = 1,
            }
        );

        using var response = await AskAsync(world);

        Assert.Equal((Answer, true), await ReadAsync(response));
    }

    [Fact(Timeout = Limit)]
    public async Task ASlowDripIsCutOffWhenFaultsAreCleared()
    {
        await using var world = await World.StartAsync();
        world.State.Faults.Add(new Fault { Action = FaultAction.Drip, DelayMs = int.MaxValue });

        using var response = await AskAsync(world);
        world.State.Faults.Clear();

        Assert.Equal((401, Answer.Length), ((int)response.StatusCode, response.Content.Headers.ContentLength));
        Assert.Equal(("", false), await ReadAsync(response));
    }

    [Fact(Timeout = Limit)]
    public async Task AFaultMeetsEveryPathBelowItsStar()
    {
        await using var world = await World.StartAsync();
        world.State.Faults.Add(new Fault { Filter = new TrafficFilter("us1", Path: "/api/v2/*"), Status = 503 });

        var below = await world.LogsAsync("US1", null, Log);
        var beside = await world.LogsAsync("US1", null, Log, "/v1/input");
        var elsewhere = await world.LogsAsync("US3", null, Log);

        Assert.Equal((503, 403, 401), ((int)below.Status, (int)beside.Status, (int)elsewhere.Status));
        Assert.Equal(1, world.State.Faults.All.Single().Met);
    }

    private static async Task<HttpResponseMessage> AskAsync(World world)
    {
        using var request = World.Logs("US1", null, new StringContent(Log));
        return await world.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, World.Token);
    }

    /// <summary>What came, and whether the answer ended as an answer does.</summary>
    private static async Task<(string Body, bool Ended)> ReadAsync(HttpResponseMessage response)
    {
        await using var body = await response.Content.ReadAsStreamAsync(World.Token);
        using var read = new MemoryStream();
        try
        {
            await body.CopyToAsync(read, World.Token);
            return (System.Text.Encoding.UTF8.GetString(read.ToArray()), true);
        }
        catch (IOException)
        {
            return (System.Text.Encoding.UTF8.GetString(read.ToArray()), false);
        }
    }
}
