using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace Partner.AppHost.Tests.Model;

/// <summary>Redis and Postgres as containers, as this machine's servers, and as the operator's own: one model.</summary>
public class StoresTests
{
    private static readonly string[] Stores = ["cache", "postgres"];

    [Fact]
    public async Task ContainersAndLocalServersDifferInNothingElse()
    {
        await using var containers = await ModelAsync("--Containers=true");
        await using var local = await ModelAsync("--Containers=false");

        Assert.All(Stores, name => Assert.IsAssignableFrom<ContainerResource>(Find(containers, name)));
        Assert.All(Stores, name => Assert.IsAssignableFrom<ExecutableResource>(Find(local, name)));
        Assert.Equal(Described(containers), Described(local));
    }

    [Fact]
    public async Task ServersOfTheOperatorAreTakenAsTheyAre()
    {
        const string Own = "Host=db.example;Port=6432;Username=admin;Password=open-sesame;SSL Mode=VerifyFull";
        await using var builder = await ModelAsync(
            $"--ConnectionStrings:postgres={Own}",
            "--ConnectionStrings:cache=cache.example:6379"
        );

        Assert.All(Stores, name => Assert.False(Find(builder, name) is ContainerResource or ExecutableResource));
        Assert.Equal(Own, await ((IResourceWithConnectionString)Find(builder, "postgres")).GetConnectionStringAsync());
        var role = (await ((IResourceWithConnectionString)Find(builder, "auth-db")).GetConnectionStringAsync())!;
        Assert.Contains("db.example", role, StringComparison.Ordinal);
        Assert.Contains("Username=auth", role, StringComparison.Ordinal);
        Assert.DoesNotContain("open-sesame", role, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"containers":{"installed":true,"running":true}}""", true)]
    [InlineData("""{"containers":{"installed":true,"running":false,"error":"Cannot connect"}}""", false)]
    [InlineData("""{"version":"1"}""", false)]
    public void TheOrchestratorSaysWhetherAnEngineRuns(string info, bool runs) =>
        Assert.Equal(runs, ContainerEngine.SaysRunning(info));

    private static Task<IDistributedApplicationTestingBuilder> ModelAsync(params string[] args) =>
        DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(args);

    private static IResource Find(IDistributedApplicationBuilder builder, string name) =>
        builder.Resources.Single(r => r.Name == name);

    /// <summary>Each resource with what it waits for, and whether it has a check; of a store whether it has a connection string.</summary>
    private static List<string> Described(IDistributedApplicationBuilder builder) =>
        [
            .. from resource in builder.Resources
            let waits = resource
                .Annotations.OfType<WaitAnnotation>()
                .Select(wait => wait.Resource.Name)
                .Order(StringComparer.Ordinal)
            let isChecked = resource.Annotations.OfType<HealthCheckAnnotation>().Any()
            orderby resource.Name
            select $"{resource.Name} waits for [{string.Join(", ", waits)}], checked: {isChecked}, "
                + $"connects: {resource is IResourceWithConnectionString}",
        ];
}
