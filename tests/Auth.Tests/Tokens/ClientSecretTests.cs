using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Partner.Auth.Tests.Tokens;

/// <summary>A secret that is swapped at Datadog or here.</summary>
[Collection(TokenWorld.Name)]
public sealed class ClientSecretTests(World world) : TokenTests(world)
{
    [Fact]
    [Trait("fault", "F34")]
    [Trait("security", "37")]
    public async Task ASwappedClientSecretNeedsNoRestartAndKillsNobody()
    {
        var (id, _) = await ConnectAsync();
        var errors = World.Logs.Count(LogLevel.Error);
        var configuration = (IConfigurationRoot)World.Auth.App.Configuration;
        var next = World.Datadog.Clients.Single().Rotate("client-secret-new-one-of-the-test");
        try
        {
            await ExpireAsync(id);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await World.Auth.AccessTokenAsync(id)).Status);
            Assert.Equal("connected", await StateAsync(id));
            Assert.Equal(errors + 1, World.Logs.Count(LogLevel.Error));

            configuration["Clients:default:Secrets:0"] = next;
            configuration["Clients:default:Secrets:1"] = World.Secret;
            configuration.Reload();
            await AgeLeaseAsync(id);
            Assert.Equal(HttpStatusCode.OK, (await World.Auth.AccessTokenAsync(id)).Status);

            // The other way round: the list is ahead of Datadog.
            World.Datadog.Clients.Single().Rotate(World.Secret);
            await ExpireAsync(id);
            Assert.Equal(HttpStatusCode.OK, (await World.Auth.AccessTokenAsync(id)).Status);
        }
        finally
        {
            World.Datadog.Clients.Single().Rotate(World.Secret);
            configuration["Clients:default:Secrets:0"] = World.Secret;
            configuration["Clients:default:Secrets:1"] = "";
            configuration.Reload();
        }
    }
}
