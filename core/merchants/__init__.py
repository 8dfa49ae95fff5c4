"""The directory of merchants, onboarding, contracts, services and fees.

Tables, what a row of each is for, and who writes it:
- `account`, `company`, `store`, `service`, `acquirer`: the directory (desk, seed)
- `directory_version`: the number that moves with each change of the directory, by which the engine drops what it
  keeps of it (triggers)
- `contact`, `onboarding`: merchants before their contract (desk)
- `contract_template`, `contract`, `contract_version`, `contract_service`, `contract_stopped`, `contract_event`,
  `service_option`, `service_change`: contracts and the services that they activate (desk, worker)
- `api_key`: by what merchants' own programs call (desk)
- `fee_grid`, `fee_version`, `fee_row`, `fee_event`, `company_fee`: grids of acquiring fees (desk, worker)
"""
