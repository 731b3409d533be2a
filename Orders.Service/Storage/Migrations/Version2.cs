using Bus.Storage;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Orders.Service.Storage.Migrations;

/// <summary>Redelivery, parking, pause.</summary>
[DbContext(typeof(OrdersDbContext))]
[Migration("0002_Version2")]
internal sealed class Version2 : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.Sql(BusStorageModel.SchemaVersion2);
        migrationBuilder.Sql(SqlText.Read(typeof(Version2).Assembly, "Grants.v2.sql"));
    }
}
