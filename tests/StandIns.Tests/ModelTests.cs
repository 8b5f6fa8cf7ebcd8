using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace Partner.StandIns.Tests;

public class ModelTests
{
    [Fact]
    public async Task PublishedEnvironmentIsWrittenInManifestExpressions()
    {
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.TinyAppHost>(
            ["--operation", "publish"], TestContext.Current.CancellationToken);
        await using var app = await builder.BuildAsync(TestContext.Current.CancellationToken);

        Assert.True(builder.ExecutionContext.IsPublishMode);
        var service = await EnvironmentOf(builder, "tiny-service");
        Assert.Equal("{tiny-service.bindings.http.targetPort}", service["HTTP_PORTS"]);
        Assert.Equal("{tiny-service.bindings.management.targetPort}", service["Management__Port"]);
        Assert.Equal("{cache.connectionString}", service["ConnectionStrings__cache"]);
        Assert.Equal("{notes.connectionString}", service["ConnectionStrings__database"]);
        Assert.Equal("{cache.bindings.tcp.host}", service["CACHE_HOST"]);
        Assert.DoesNotContain("ASPNETCORE_URLS", service.Keys);
        var caller = await EnvironmentOf(builder, "caller");
        Assert.Equal("{tiny-service.bindings.http.url}", caller["services__tiny-service__http__0"]);
        Assert.Equal("{tiny-service.bindings.http.url}/path", caller["PATH_OF_SERVICE"]);
        Assert.Equal("{postgres-password.value}", caller["SECRET"]);
    }

    [Fact]
    public async Task ModelMayChangeBeforeTheBuild()
    {
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.TinyAppHost>(
            ["--Some:Value", "given"], TestContext.Current.CancellationToken);
        builder.AddParameter("added", "value");
        var app = await builder.BuildAsync(TestContext.Current.CancellationToken);

        Assert.Equal("given", builder.Configuration["Some:Value"]);
        Assert.True(((DistributedApplicationModel)app.Services.GetService(typeof(DistributedApplicationModel))!)
            .Resources.TryGetByName("added", out _));
    }

    [Theory]
    [InlineData("1st")]
    [InlineData("under_score")]
    [InlineData("two--hyphens")]
    [InlineData("last-")]
    public void ResourceNamesAreChecked(string name)
    {
        var builder = DistributedApplication.CreateBuilder([]);
        Assert.Throws<ArgumentException>(() => builder.AddParameter(name));
    }

    [Fact]
    public void TwoResourcesOfOneNameAreRefused()
    {
        var builder = DistributedApplication.CreateBuilder([]);
        builder.AddParameter("name");
        Assert.Throws<DistributedApplicationException>(() => builder.AddRedis("NAME"));
    }

    private static async Task<Dictionary<string, string>> EnvironmentOf(IDistributedApplicationBuilder builder, string name)
    {
        Assert.True(builder.Resources.TryGetByName(name, out var resource));
#pragma warning disable CS0618 // The fast way to test a model in 13.5; obsolete there as well.
        return await ((IResourceWithEnvironment)resource).GetEnvironmentVariableValuesAsync(DistributedApplicationOperation.Publish);
#pragma warning restore CS0618
    }
}
