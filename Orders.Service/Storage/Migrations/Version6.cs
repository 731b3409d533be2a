using Bus.Storage;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Orders.Service.Storage.Migrations;

/// <summary>What tells a crash from a stop.</summary>
[DbContext(typeof(OrdersDbContext))]
[Migration("0006_Version6")]
internal sealed class Version6 : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.Sql(BusStorageModel.SchemaVersion6);
        migrationBuilder.Sql(SqlText.Read(typeof(Version6).Assembly, "Grants.v6.sql"));
    }
}
