using Partner.Testing.PartnerApi;

namespace Partner.Auth.Tests;

public sealed class OpenApiTests(World world) : IClassFixture<World>
{
    [Fact]
    public async Task TheDocumentSaysWhatTheEndpointsAre()
    {
        var auth = await world.StartAuthAsync(services => services.AddPartnerApiDescription());

        await PartnerApiDescription.AssertUpToDateAsync(auth.App, "services/Auth");
    }
}
