using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Partner.Gateway.Ingest;

namespace Partner.Gateway.Tests;

/// <summary>What the senders' own files say, before anything is served by it.</summary>
public sealed class SenderRoutesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("routes-of-senders").FullName;

    [Theory]
    [InlineData("profiles")]
    [InlineData("Profiles")]
    public void ANameInTwoFilesStopsTheStartAndBothAreNamed(string second)
    {
        Write("One", "profiles", "/api/v2/profile");
        Write("Two", second, "/api/v2/profiles");

        var refused = Assert.Throws<OptionsValidationException>(() =>
            SendersOptions.AddRoutesOfSenders(new ConfigurationManager(), _folder)
        );

        Assert.Equal(
            [
                $"The sender 'profiles' stands in {Path.Combine("One", "Routes.json")} and in {Path.Combine("Two", "Routes.json")}; "
                    + "a name belongs to one sender.",
            ],
            refused.Failures
        );
    }

    [Fact]
    public void EachFileAddsItsSender()
    {
        Write("One", "profiles", "/api/v2/profile");
        Write("Two", "cases", "/api/v2/cases");
        using var configuration = new ConfigurationManager();

        SendersOptions.AddRoutesOfSenders(configuration, _folder);

        Assert.Equal(
            ["cases /api/v2/cases", "profiles /api/v2/profile"],
            configuration
                .GetSection(SendersOptions.SectionName)
                .GetChildren()
                .Select(sender => $"{sender.Key} {sender["Routes:0:Path"]}")
        );
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void Write(string folder, string sender, string path)
    {
        Directory.CreateDirectory(Path.Combine(_folder, folder));
        File.WriteAllText(
            Path.Combine(_folder, folder, "Routes.json"),
            $$"""
            {"Senders": {"{{sender}}": {"Routes": [{"Path": "{{path}}", "Methods": ["POST"]}] } } }
            """
        );
    }
}
