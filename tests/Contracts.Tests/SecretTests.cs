using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Partner.Contracts.Tests;

[Trait("security", "29")]
public sealed class SecretTests
{
    private const string Value = "0123456789abcdef0123456789abcdef";

    // The records whose purpose is to bring a secret to the service that is entitled to it. A new one is a decision.
    private static readonly string[] Carriers =
    [
        "AccessToken.Value",
        "ReleasedApiKey.Value",
        "SealingKey.Key",
        "StoredSecret.Value",
    ];

    private sealed record Holder(string Name, Secret Key);

    [Fact]
    public void ASecretPrintsAsStars()
    {
        var secret = new Secret(Value);

        Assert.Equal("***", secret.ToString());
        Assert.Equal("***", $"{secret}");
        Assert.Equal("Holder { Name = a, Key = *** }", new Holder("a", secret).ToString());
        Assert.Equal(Value, secret.Reveal());
    }

    [Fact]
    public void ASecretIsNotWrittenAsJson()
    {
        Assert.Throws<NotSupportedException>(() => JsonSerializer.Serialize(new Secret(Value)));
        Assert.Throws<NotSupportedException>(() => JsonSerializer.Serialize(new Holder("a", new Secret(Value))));
        Assert.Throws<NotSupportedException>(() =>
            JsonSerializer.Serialize(new Dictionary<string, Secret> { ["a"] = new(Value) })
        );
        Assert.Throws<NotSupportedException>(() => JsonSerializer.Serialize<object>(new[] { new Secret(Value) }));
    }

    [Fact]
    public void ASecretCanBeReadFromJson() =>
        Assert.Equal(
            new Holder("a", new Secret(Value)),
            JsonSerializer.Deserialize<Holder>($$"""{"Name":"a","Key":"{{Value}}"}""")
        );

    [Fact]
    public void ARecordThatCarriesASecretStillPrintsStars()
    {
        var key = new ReleasedApiKey("id", new Secret(Value), "datadoghq.eu");

        Assert.Equal("ReleasedApiKey { KeyId = id, Value = ***, Site = datadoghq.eu }", key.ToString());
        var json = JsonSerializer.Serialize(key, JsonSerializerOptions.Web);
        Assert.Equal($$"""{"keyId":"id","value":"{{Value}}","site":"datadoghq.eu"}""", json);
        Assert.Equal(key, JsonSerializer.Deserialize<ReleasedApiKey>(json, JsonSerializerOptions.Web));
    }

    [Fact]
    public void OnlyTheseRecordsCarryASecret()
    {
        var revealed = typeof(Secret)
            .Assembly.GetTypes()
            .SelectMany(type => type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
            .Where(property =>
                property.GetCustomAttribute<JsonConverterAttribute>()?.ConverterType == typeof(RevealedJsonConverter)
            )
            .Select(property => $"{property.DeclaringType!.Name}.{property.Name}")
            .Order();

        Assert.Equal(Carriers, revealed);
    }

    [Fact]
    [Trait("security", "39")]
    public void AtMostTheLastFourCharactersShow()
    {
        Assert.Equal("cdef", new Secret(Value).Last4);
        Assert.Equal("", new Secret("short").Last4);
    }

    [Fact]
    public void SecretsAreEqualByValueAndHashAlike()
    {
        Assert.Equal(new Secret(Value), new Secret(Value));
        Assert.NotEqual(new Secret(Value), new Secret(Value.ToUpperInvariant()));
        Assert.NotEqual(new Secret(Value), new Secret(Value + "0"));
        Assert.Equal(new Secret("a").GetHashCode(), new Secret("b").GetHashCode());
    }
}
