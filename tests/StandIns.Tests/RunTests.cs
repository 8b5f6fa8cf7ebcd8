using System.Net.Http.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace Partner.StandIns.Tests;

public class RunTests(TinyApp tiny)
{
    [Fact(Timeout = 60_000)]
    public async Task ReferencesArriveInTheEnvironment()
    {
        await tiny.ProcessIdAsync("caller");
        var url = tiny.App.GetEndpoint("tiny-service").ToString().TrimEnd('/');
        using var service = tiny.App.CreateHttpClient("tiny-service");
        using var caller = tiny.App.CreateHttpClient("caller", "http");
        var ofService = await service.GetFromJsonAsync<Dictionary<string, string>>("/environment", TestContext.Current.CancellationToken);
        var ofCaller = await caller.GetFromJsonAsync<Dictionary<string, string>>("/environment", TestContext.Current.CancellationToken);

        Assert.NotEqual("http://localhost:5000", url);
        Assert.Equal(url, ofService!["ASPNETCORE_URLS"]);
        Assert.Equal(tiny.App.GetEndpoint("tiny-service", "management").Port.ToString(), ofService["Management__Port"]);
        Assert.Equal(await tiny.App.GetConnectionStringAsync("cache", TestContext.Current.CancellationToken), ofService["ConnectionStrings__cache"]);
        Assert.Equal(await tiny.App.GetConnectionStringAsync("notes", TestContext.Current.CancellationToken), ofService["ConnectionStrings__database"]);
        Assert.EndsWith(";Password=of-a-test;Options={}", ofService["ConnectionStrings__database"]);
        Assert.Equal(url, ofCaller!["services__tiny-service__http__0"]);
        Assert.Equal(url, ofCaller["TINY_SERVICE_HTTP"]);
        Assert.Equal(url, ofCaller["SERVICE_URL"]);
        Assert.Equal($"{url}/path", ofCaller["PATH_OF_SERVICE"]);
        Assert.Equal("of-a-test", ofCaller["SECRET"]);
        Assert.DoesNotContain("services__tiny-service__management__0", ofCaller.Keys);
    }

    [Fact]
    public void CompletionIsWaitedFor()
    {
        var states = tiny.States.ToList();
        var finished = states.IndexOf(("first", KnownResourceStates.Finished));
        var started = states.IndexOf(("second", KnownResourceStates.Starting));
        Assert.InRange(finished, 0, started);
        var healthy = states.IndexOf(("tiny-service", KnownResourceStates.Running));
        Assert.InRange(started, 0, healthy);
        Assert.InRange(healthy, 0, states.IndexOf(("caller", KnownResourceStates.Starting)));
    }

    [Fact(Timeout = 60_000)]
    public async Task FailureOfADependencyFailsTheDependant()
    {
        Assert.Equal(3, (await tiny.SnapshotAsync("failing", KnownResourceStates.Finished)).ExitCode);
        await tiny.SnapshotAsync("after-failing", KnownResourceStates.FailedToStart);
        await tiny.SnapshotAsync("after-exit-3", KnownResourceStates.Running);
        await tiny.SnapshotAsync("not-installed", KnownResourceStates.FailedToStart);
        await tiny.SnapshotAsync("missing-parameter", KnownResourceStates.ValueMissing);
        await Assert.ThrowsAsync<DistributedApplicationException>(() =>
            tiny.App.ResourceNotifications.WaitForResourceHealthyAsync("after-failing", TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 60_000)]
    public async Task KilledProjectEndsAndStartsAgainOnTheSamePort()
    {
        var before = await tiny.ProcessIdAsync("caller");
        using var client = tiny.App.CreateHttpClient("caller");
        Assert.Equal(before, await client.GetFromJsonAsync<int>("/process", TestContext.Current.CancellationToken));

        Processes.Kill(before);
        Assert.Equal(137, (await tiny.SnapshotAsync("caller", KnownResourceStates.Finished)).ExitCode);
        var result = await tiny.App.ResourceCommands.ExecuteCommandAsync(
            "caller", KnownResourceCommands.StartCommand, TestContext.Current.CancellationToken);

        Assert.Equal((true, null), (result.Success, result.Message));
        var after = await tiny.ProcessIdAsync("caller");
        Assert.NotEqual(before, after);
        Assert.Equal(after, await client.GetFromJsonAsync<int>("/process", TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 60_000)]
    public async Task StopAndRestartAreCommands()
    {
        var first = await tiny.ProcessIdAsync("after-exit-3");
        await CommandAsync(KnownResourceCommands.RestartCommand);
        var second = await tiny.ProcessIdAsync("after-exit-3");
        Assert.NotEqual(first, second);
        Assert.False(Processes.Exists(first));

        await CommandAsync(KnownResourceCommands.StopCommand);
        await tiny.SnapshotAsync("after-exit-3", KnownResourceStates.Finished);
        Assert.False(Processes.Exists(second));
        await CommandAsync(KnownResourceCommands.StartCommand);
        await tiny.SnapshotAsync("after-exit-3", KnownResourceStates.Running);

        async Task CommandAsync(string command) => Assert.True((await tiny.App.ResourceCommands.ExecuteCommandAsync(
            "after-exit-3", command, TestContext.Current.CancellationToken)).Success);
    }

    [Fact(Timeout = 60_000)]
    public async Task UnknownCommandAndResourceAreRefused()
    {
        var commands = tiny.App.ResourceCommands;
        Assert.False((await commands.ExecuteCommandAsync("second", "dance", TestContext.Current.CancellationToken)).Success);
        Assert.False((await commands.ExecuteCommandAsync("nobody", "start", TestContext.Current.CancellationToken)).Success);
    }

    [Fact(Timeout = 60_000)]
    public async Task TwoApplicationsRunSideBySide()
    {
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.TinyAppHost>(TestContext.Current.CancellationToken);
        int process;
        await using (var other = await builder.BuildAsync(TestContext.Current.CancellationToken))
        {
            await other.StartAsync(TestContext.Current.CancellationToken);
            await other.ResourceNotifications.WaitForResourceHealthyAsync("caller", TestContext.Current.CancellationToken);
            Assert.NotEqual(tiny.App.GetEndpoint("caller"), other.GetEndpoint("caller"));
            using var client = other.CreateHttpClient("caller");
            process = await client.GetFromJsonAsync<int>("/process", TestContext.Current.CancellationToken);
            Assert.True(Processes.Exists(process));
        }

        Assert.False(Processes.Exists(process));
    }
}
