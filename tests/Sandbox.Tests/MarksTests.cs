using System.Text;
using Partner.Sandbox.Intake;

namespace Partner.Sandbox.Tests;

public sealed class MarksTests
{
    private const string Log = """{"message":"bench_00000000000000ff"}""";
    private const string Unmarked = """{"message":"none"}""";

    [Fact]
    public async Task MarksOfWhatArrivedAreTakenOnceInPlaceOfTheItems()
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US1");
        await world.LogsAsync("US1", key, "[]");
        world.Set("""{"keepMarks":true,"keepItems":false}""");

        await world.LogsAsync("US1", key, $"[{Log}, {Unmarked}]");
        await world.LogsAsync("US1", "of nobody", $"[{Log}]");

        var batch = Assert.Single(await TakeAsync(world));
        Assert.Equal(world.OrgAt("US1").Id, batch.Org);
        Assert.Equal([0xFFul, Marks.None], batch.Ids);
        Assert.Equal([HashOf(Log), HashOf(Unmarked)], batch.Hashes);
        Assert.Empty(await TakeAsync(world));
        Assert.Empty(world.State.Arrivals.Items());
        Assert.Equal(2, world.State.Arrivals.Count);
    }

    [Fact]
    public async Task WithoutTheSettingNoneAreKept()
    {
        await using var world = await World.StartAsync();
        await world.LogsAsync("US1", await world.KeyAsync("US1"), $"[{Log}]");
        Assert.Empty(await TakeAsync(world));
    }

    private static ulong HashOf(string item) => Marks.HashOf(Encoding.UTF8.GetBytes(item));

    private static async Task<IReadOnlyList<MarkedBatch>> TakeAsync(World world)
    {
        using var response = await world.Http.PostAsync(
            new Uri(world.Sandbox.Pages, "_sandbox/arrivals/marks"),
            null,
            World.Token
        );
        return Marks.ReadPage(new MemoryStream(await response.Content.ReadAsByteArrayAsync(World.Token)));
    }
}
